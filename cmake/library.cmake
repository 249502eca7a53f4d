# Presets for sanitizers compile the sources of a target as one, in less than half of the time. A
# source whose local names ("redefinition of …") another one of the same target has as well stands
# after APART instead of SOURCES: it is compiled on its own.
function(ebbgate_keep_apart)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# ebbgate_library(NAME SOURCES a.cpp … APART c.cpp … DEPENDS target …): one static library per folder.
# DEPENDS is what its headers need, PRIVATE_DEPENDS what only its sources need.
function(ebbgate_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;APART;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES} ${ARG_APART})
  ebbgate_keep_apart(${ARG_APART})
  # It becomes part of programs only, whose own functions nobody can replace: that makes better code
  # than -fPIC.
  target_compile_options(${name} PRIVATE -fPIE)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${ARG_DEPENDS} PRIVATE ebbgate_options ${ARG_PRIVATE_DEPENDS})
endfunction()

# Timeouts are for what hangs, on a machine however slow.
# ebbgate_test(NAME LABEL unit SOURCES a.cpp … APART c.cpp … DEPENDS target …): one test program of a
# folder.
function(ebbgate_test name)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT" "SOURCES;APART;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES} ${ARG_APART})
  ebbgate_keep_apart(${ARG_APART})
  target_link_libraries(${name} PRIVATE ebbgate_options doctest::doctest ebbgate_test_main ${ARG_DEPENDS})
  set(test ${EBBGATE_TEST_PREFIX}${name})
  add_test(NAME ${test} COMMAND ${name})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  set_tests_properties(${test} PROPERTIES LABELS "${ARG_LABEL}" TIMEOUT ${ARG_TIMEOUT})
endfunction()
