# Talking to an API server: who and where it is, requests, and following collections.
ebbgate_library(ebbgate_kubernetes_client
  SOURCES api_status.cpp byte_stream.cpp dial.cpp host_lookup.cpp http_connection.cpp
    http_transport.cpp retries.cpp server_url.cpp tls.cpp waiter.cpp
  DEPENDS ebbgate_base
  PRIVATE_DEPENDS PkgConfig::httplib OpenSSL::SSL OpenSSL::Crypto Threads::Threads
    nlohmann_json::nlohmann_json yaml-cpp)
# The version in what it calls itself.
target_include_directories(ebbgate_kubernetes_client PRIVATE ${PROJECT_BINARY_DIR}/generated)
