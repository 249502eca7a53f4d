ebbgate_library(ebbgate_local_update
  SOURCES command.cpp command_child.cpp command_output.cpp command_program.cpp command_recovery.cpp
    command_spawn.cpp descriptor_budget.cpp hook_secrets.cpp http_hook.cpp http_target.cpp
    probe_schedule.cpp process_table.cpp program_search.cpp readiness.cpp request_threads.cpp signal_errands.cpp
    signal_update.cpp tls_probe.cpp update_loop.cpp update_runner.cpp
  APART updater.cpp
  DEPENDS ebbgate_provider ebbgate_net
  PRIVATE_DEPENDS PkgConfig::httplib OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
