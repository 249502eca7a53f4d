ebbgate_test(kubernetes_index_test LABEL unit
  SOURCES index_fetch_test.cpp index_property_test.cpp
  APART index_wave_test.cpp index_test.cpp
  DEPENDS ebbgate_kubernetes_index nlohmann_json::nlohmann_json rapidcheck)
target_compile_definitions(kubernetes_index_test PRIVATE
  EBBGATE_TESTDATA="${CMAKE_CURRENT_SOURCE_DIR}/testdata")
