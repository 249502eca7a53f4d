ebbgate_library(ebbgate_local_update
  SOURCES command.cpp command_child.cpp command_output.cpp command_program.cpp command_recovery.cpp
    command_spawn.cpp http_hook.cpp http_lookup.cpp http_pool.cpp http_target.cpp
    process_table.cpp readiness.cpp signal_update.cpp update_loop.cpp update_runner.cpp
  APART http_socket.cpp updater.cpp
  DEPENDS ebbgate_provider
  PRIVATE_DEPENDS PkgConfig::httplib OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
