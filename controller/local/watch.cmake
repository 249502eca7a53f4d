ebbgate_library(ebbgate_local_watch
  SOURCES file_system.cpp file_tree.cpp ignore_rules.cpp inotify.cpp path_walk.cpp reading_pool.cpp
    reading_turns.cpp shared_notifier.cpp watch_table.cpp watched_workloads.cpp
  APART file_watcher.cpp tree_reader.cpp
  DEPENDS ebbgate_provider
  PRIVATE_DEPENDS Threads::Threads)
