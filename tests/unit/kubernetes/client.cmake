# Tests of the client: connections, where the server is, and reflectors.
ebbgate_test(kubernetes_client_test
  LABEL unit
  SOURCES client_access_test.cpp client_certificates.cpp client_connection_test.cpp
    client_credentials_test.cpp client_plan_test.cpp client_reflector_test.cpp
    client_retries_test.cpp client_server.cpp client_tls_test.cpp
  DEPENDS ebbgate_kubernetes_client OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
