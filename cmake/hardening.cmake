# What makes a fault of memory end the program instead of being of use to an attacker:
# tests/end_to_end/test_hardening.py reads it from the binary. Sanitizers bring their own checks,
# and _FORTIFY_SOURCE needs optimisation.
include(CheckCXXCompilerFlag)
include(CheckPIESupported)
check_pie_supported()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

if(NOT EBBGATE_SANITIZE)
  # Distributions define _FORTIFY_SOURCE on their own, to another value.
  add_compile_options(
    -fstack-protector-strong
    "$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=3>")
  foreach(flag -fstack-clash-protection -fcf-protection=full -mbranch-protection=standard)
    # Each of the last two is known on one architecture only; clang takes the other with a warning.
    string(MAKE_C_IDENTIFIER "EBBGATE_HAS${flag}" known)
    set(CMAKE_REQUIRED_FLAGS -Werror)
    check_cxx_compiler_flag(${flag} ${known})
    unset(CMAKE_REQUIRED_FLAGS)
    if(${known})
      add_compile_options(${flag})
    endif()
  endforeach()
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
endif()
