ebbgate_test(unit_local_watch LABEL unit
  SOURCES watch_failure_test.cpp watch_folder_test.cpp watch_link_test.cpp watch_limit_test.cpp
    watch_notifier_test.cpp watch_pool_test.cpp watch_reconfigure_test.cpp watch_slow_test.cpp
    watch_support.cpp watch_turns_test.cpp watch_write_test.cpp
  DEPENDS ebbgate_local_watch)
