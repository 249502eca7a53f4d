ebbgate_library(ebbgate_kubernetes_index
  SOURCES config_entry.cpp config_index.cpp config_resolution.cpp
  DEPENDS ebbgate_provider ebbgate_kubernetes_objects)
