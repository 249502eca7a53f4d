ebbgate_test(unit_local_watch LABEL unit
  SOURCES watch_support.cpp watch_write_test.cpp
  DEPENDS ebbgate_local_watch)
