ebbgate_test(kubernetes_index_test LABEL unit
  SOURCES index_fetch_test.cpp index_property_test.cpp
  APART index_wave_test.cpp index_test.cpp
  DEPENDS ebbgate_kubernetes_index nlohmann_json::nlohmann_json rapidcheck)
# Of this file alone, so that the others compile alike wherever the checkout lies (ccache).
set_source_files_properties(index_wave_test.cpp PROPERTIES COMPILE_DEFINITIONS
  EBBGATE_TESTDATA="${CMAKE_CURRENT_SOURCE_DIR}/testdata")
