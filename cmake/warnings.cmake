# Warnings and sanitizers that every target of this project is built with.
add_library(ebbgate_options INTERFACE)
target_compile_options(ebbgate_options INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor
  -Wold-style-cast -Wcast-align -Woverloaded-virtual -Wdouble-promotion
  -Wformat=2 -Wimplicit-fallthrough -Werror)
if(CMAKE_CXX_COMPILER_ID MATCHES Clang)
  target_compile_options(ebbgate_options INTERFACE -Wthread-safety)
else()
  # gcc 12 sees overlapping copies in std::string's operator+ (its bug 105651).
  target_compile_options(ebbgate_options INTERFACE -Wduplicated-cond -Wlogical-op -Wno-restrict)
endif()
if(EBBGATE_SANITIZE)
  # Sanitizers change inlining, and with it gcc's guesses about uninitialised values.
  target_compile_options(ebbgate_options INTERFACE
    -fsanitize=${EBBGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all
    -Wno-maybe-uninitialized)
  target_link_options(ebbgate_options INTERFACE -fsanitize=${EBBGATE_SANITIZE})
endif()
