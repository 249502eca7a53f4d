ebbgate_test(kubernetes_index_test LABEL unit
  SOURCES index_fetch_test.cpp index_property_test.cpp index_test.cpp
  DEPENDS ebbgate_kubernetes_index rapidcheck)
