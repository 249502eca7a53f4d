# Talking to an API server: who and where it is, requests, and following collections.
ebbgate_library(ebbgate_kubernetes_client
  SOURCES api_status.cpp cluster_access.cpp collection_url.cpp
    failure_log.cpp file_credentials.cpp http_connection.cpp
    kubeconfig.cpp reflector.cpp reflector_plan.cpp retries.cpp run_program.cpp server_url.cpp
  APART exec_plugin.cpp
  DEPENDS ebbgate_base ebbgate_net
  PRIVATE_DEPENDS PkgConfig::httplib OpenSSL::SSL OpenSSL::Crypto Threads::Threads
    nlohmann_json::nlohmann_json yaml-cpp)
# The version in what it calls itself.
target_include_directories(ebbgate_kubernetes_client PRIVATE ${PROJECT_BINARY_DIR}/generated)
