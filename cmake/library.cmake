# ebbgate_library(NAME SOURCES a.cpp … DEPENDS target …): one static library per folder. DEPENDS is
# what its headers need, PRIVATE_DEPENDS what only its sources need.
function(ebbgate_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ebbgate_options ${ARG_PRIVATE_DEPENDS})
endfunction()

# ebbgate_test(NAME LABEL unit SOURCES a.cpp … DEPENDS target …): one test program of a folder.
function(ebbgate_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ebbgate_options doctest::doctest ebbgate_test_main ${ARG_DEPENDS})
  set(test ${EBBGATE_TEST_PREFIX}${name})
  add_test(NAME ${test} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  set_tests_properties(${test} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
