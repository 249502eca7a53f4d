# What follows for workloads from what an API server says, over whole histories in virtual time.
ebbgate_library(ebbgate_kubernetes_world
  SOURCES provider_server.cpp provider_wire.cpp provider_world.cpp
    ../controller/controller_test_support.cpp
  APART provider_script.cpp
  DEPENDS ebbgate_controller ebbgate_kubernetes nlohmann_json::nlohmann_json)
ebbgate_test(kubernetes_provider_test LABEL unit
  SOURCES provider_adoption_test.cpp provider_errand_test.cpp provider_exchange_test.cpp
    provider_owner_test.cpp provider_property_test.cpp provider_restart_test.cpp
    provider_sender_test.cpp provider_update_test.cpp
  DEPENDS ebbgate_kubernetes_world rapidcheck)
