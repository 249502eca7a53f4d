# Tests of the updating half.
add_executable(ebbgate_local_update_helper update_helper.cpp)
target_link_libraries(ebbgate_local_update_helper PRIVATE ebbgate_options ebbgate_local_update)

ebbgate_test(ebbgate_local_update_test
  LABEL unit
  SOURCES update_command_test.cpp update_descriptor_budget_test.cpp
    update_few_descriptors_test.cpp update_http_test.cpp update_masking_test.cpp
    update_output_test.cpp update_probe_schedule_test.cpp update_readiness_test.cpp
    update_recovery_test.cpp update_signal_test.cpp update_support.cpp
    update_tls_test.cpp
  DEPENDS ebbgate_local_update OpenSSL::SSL OpenSSL::Crypto Threads::Threads)
# Of this file alone, so that the others compile alike wherever the checkout lies (ccache).
set_source_files_properties(update_recovery_test.cpp PROPERTIES COMPILE_DEFINITIONS
  EBBGATE_UPDATE_HELPER="$<TARGET_FILE:ebbgate_local_update_helper>")
add_dependencies(ebbgate_local_update_test ebbgate_local_update_helper)
