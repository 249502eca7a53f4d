ebbgate_library(ebbgate_kubernetes_events
  SOURCES event_recorder.cpp event_request.cpp event_series.cpp event_writer.cpp update_events.cpp
  DEPENDS ebbgate_base ebbgate_governor
  PRIVATE_DEPENDS nlohmann_json::nlohmann_json Threads::Threads)
