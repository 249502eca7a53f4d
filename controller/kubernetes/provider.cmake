ebbgate_library(ebbgate_kubernetes
  SOURCES cluster_model.cpp cluster_model_telling.cpp cluster_model_updates.cpp
    collection_sinks.cpp errand_runner.cpp kubernetes_provider.cpp patch_request.cpp paths.cpp tracked_workload.cpp
    update_exchange.cpp update_sender.cpp wiped_text.cpp worker_pool.cpp
  DEPENDS ebbgate_provider ebbgate_kubernetes_client ebbgate_kubernetes_index
    ebbgate_kubernetes_objects
  PRIVATE_DEPENDS OpenSSL::Crypto Threads::Threads)
