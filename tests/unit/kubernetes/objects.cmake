# What the API server's objects say.
ebbgate_test(kubernetes_objects_test LABEL unit
  SOURCES objects_config_test.cpp objects_list_test.cpp objects_malformed_test.cpp
          objects_support.cpp
  DEPENDS ebbgate_kubernetes_objects)
