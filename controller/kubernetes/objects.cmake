# What the API server's objects say.
ebbgate_library(ebbgate_kubernetes_objects
  SOURCES config_data.cpp config_object.cpp config_reference.cpp json_reader.cpp
          object_metadata.cpp parser.cpp pod_references.cpp rollout_status.cpp template_digest.cpp
          wave_annotations.cpp workload_object.cpp workload_reader.cpp
  DEPENDS ebbgate_provider
  PRIVATE_DEPENDS simdjson::simdjson OpenSSL::Crypto)
