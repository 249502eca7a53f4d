# What the API server's objects say, and what is written to them.
ebbgate_test(kubernetes_objects_test LABEL unit
  SOURCES objects_annotations_test.cpp objects_config_test.cpp objects_list_test.cpp
          objects_malformed_test.cpp objects_patches_test.cpp
          objects_rollout_test.cpp objects_state_test.cpp objects_support.cpp
  APART objects_references_test.cpp objects_workload_test.cpp
  DEPENDS ebbgate_kubernetes_objects nlohmann_json::nlohmann_json)
