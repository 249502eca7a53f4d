# Which config objects matter, and the hash that Wave makes of them.
ebbgate_library(ebbgate_kubernetes_index
  SOURCES config_entry.cpp config_index.cpp config_resolution.cpp wave_hash.cpp
  DEPENDS ebbgate_provider ebbgate_kubernetes_objects
  PRIVATE_DEPENDS nlohmann_json::nlohmann_json simdjson::simdjson OpenSSL::Crypto)
