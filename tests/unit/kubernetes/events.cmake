ebbgate_test(kubernetes_events_test LABEL unit
  SOURCES events_recorder_test.cpp
  APART events_series_test.cpp events_update_test.cpp events_writer_test.cpp
  DEPENDS ebbgate_kubernetes_events nlohmann_json::nlohmann_json)
