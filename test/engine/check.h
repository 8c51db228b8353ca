// The smallest test harness that says what failed and where: TEST, CHECK, CHECK_THROWS.
// A framework is not assumed: a clean machine has none, and the engine's tests must build there.
#pragma once

#include <cstdio>
#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "engine/error.h"

namespace check {

struct Test {
  const char* name;
  std::function<void()> body;
};

inline std::vector<Test>& tests() {
  static std::vector<Test> all;
  return all;
}

inline int failures = 0;

struct Registration {
  Registration(const char* name, std::function<void()> body) { tests().push_back({name, body}); }
};

inline void fail(const char* file, int line, const std::string& what) {
  std::printf("  %s:%d: %s\n", file, line, what.c_str());
  ++failures;
}

inline int run_all() {
  int failed = 0;
  for (const Test& test : tests()) {
    const int before = failures;
    try {
      test.body();
    } catch (const std::exception& error) {
      fail(test.name, 0, std::string("threw: ") + error.what());
    }
    const bool ok = failures == before;
    failed += ok ? 0 : 1;
    std::printf("%s %s\n", ok ? "ok  " : "FAIL", test.name);
  }
  std::printf("%zu passed, %d failed\n", tests().size() - failed, failed);
  return failed == 0 && !tests().empty() ? 0 : 1;
}

}  // namespace check

#define CHECK_JOIN_(a, b) a##b
#define CHECK_JOIN(a, b) CHECK_JOIN_(a, b)
#define TEST(name)                                                \
  static void CHECK_JOIN(test_body_, __LINE__)();                 \
  static check::Registration CHECK_JOIN(registration_, __LINE__)( \
      name, CHECK_JOIN(test_body_, __LINE__));                    \
  static void CHECK_JOIN(test_body_, __LINE__)()
// libtorch logs with a macro of this name.
#undef CHECK
#define CHECK(condition)                                           \
  do {                                                             \
    if (!(condition)) check::fail(__FILE__, __LINE__, #condition); \
  } while (false)
#define CHECK_EQUAL(actual, expected)                                                         \
  do {                                                                                        \
    if (!((actual) == (expected))) check::fail(__FILE__, __LINE__, #actual " == " #expected); \
  } while (false)
// The statement throws thaw::Error with this code.
#define CHECK_THROWS(statement, expected_code)                                                    \
  do {                                                                                            \
    std::string code_seen = "nothing thrown";                                                     \
    try {                                                                                         \
      (void)(statement);                                                                          \
    } catch (const thaw::Error& error) {                                                          \
      code_seen = error.code();                                                                   \
    }                                                                                             \
    if (code_seen != (expected_code))                                                             \
      check::fail(__FILE__, __LINE__, #statement " threw " + code_seen + ", not " expected_code); \
  } while (false)
#define TEST_MAIN() \
  int main() { return check::run_all(); }
