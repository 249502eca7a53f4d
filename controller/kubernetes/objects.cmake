# What the API server's objects say, and what is written to them.
ebbgate_library(ebbgate_kubernetes_objects
  SOURCES config_data.cpp config_object.cpp config_reference.cpp extra_objects.cpp json_reader.cpp
          object_metadata.cpp object_names.cpp parser.cpp patches.cpp pod_references.cpp rollout.cpp
          rollout_status.cpp state_annotation.cpp wave_annotations.cpp
          workload_annotations.cpp workload_object.cpp workload_reader.cpp
  APART template_digest.cpp
  DEPENDS ebbgate_provider
  PRIVATE_DEPENDS nlohmann_json::nlohmann_json simdjson::simdjson OpenSSL::Crypto)
