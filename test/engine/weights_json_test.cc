#include "check.h"
#include "engine/weights/json.h"

namespace json = thaw::weights::json;

TEST("JSON: malformed texts are refused") {
  for (const char* text : {"",         " ",          "{",         "}",         "[",
                           "[1",       "[1,",        "[1,]",      "[,1]",      "{\"a\"}",
                           "{\"a\":}", "{\"a\":1,}", "{a:1}",     "{'a':1}",   "{\"a\":1 \"b\":2}",
                           "tru",      "nul",        "truefalse", "1 2",       "{} x",
                           "\"",       "\"\\\"",     "\"\\x\"",   "\"\\u12\"", "\"\\u12g4\"",
                           "\"\n\"",   "// x\n1",    "+1",        "-",         "--1",
                           "NaN",      "Infinity",   ".5"}) {
    CHECK_THROWS(json::parse(text), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("JSON: numbers are refused where they are no int64, and fractions are none") {
  for (const char* text : {"01", "-01", "01.5", "1.", "1.e3", "1e", "1e999", "9223372036854775808",
                           "-9223372036854775809", "18446744073709551616"}) {
    CHECK_THROWS(json::parse(text), "ERR_WEIGHTS_FORMAT");
  }
  CHECK_EQUAL(*json::parse("9223372036854775807").integer(), INT64_MAX);
  CHECK_EQUAL(*json::parse("-9223372036854775808").integer(), INT64_MIN);
  for (const char* text : {"1.0", "1e0", "1E+0", "0.1e1"}) {
    const json::Value one = json::parse(text);
    CHECK(one.integer() == nullptr);
    CHECK_EQUAL(std::get<double>(one.data), 1.0);
  }
  CHECK_EQUAL(*json::parse(" -0 ").integer(), 0);
  CHECK_EQUAL(*json::parse("9007199254740993").integer(), 9007199254740993);  // no double
}

TEST("JSON: a name used twice is refused, also when one is escaped") {
  CHECK_THROWS(json::parse(R"({"a":1,"a":2})"), "ERR_WEIGHTS_FORMAT");
  CHECK_THROWS(json::parse(R"({"a":1,"\u0061":2})"), "ERR_WEIGHTS_FORMAT");
}

TEST("JSON: nesting is bounded") {
  CHECK_THROWS(json::parse(std::string(1'000'000, '[')), "ERR_WEIGHTS_FORMAT");
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  CHECK_THROWS(json::parse(objects), "ERR_WEIGHTS_FORMAT");
}

TEST("JSON: the number of values is bounded") {
  std::string text = "[0";
  for (int i = 0; i < 1'000'001; ++i) text += ",0";
  CHECK_THROWS(json::parse(text + "]"), "ERR_WEIGHTS_FORMAT");
}

TEST("JSON: strings that are no UTF-8 are refused") {
  // A lone continuation, overlong forms, a surrogate, beyond U+10FFFF, cut characters.
  for (const char* bytes : {"\x80", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                            "\xf0\x80\x80\x80", "\xc3", "\xe2\x82", "\xff"}) {
    CHECK_THROWS(json::parse("\"" + std::string(bytes) + "\""), "ERR_WEIGHTS_FORMAT");
    CHECK_THROWS(json::quote(bytes), "ERR_WEIGHTS_FORMAT");
  }
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800\u0041")", R"("\ud800x")"}) {
    CHECK_THROWS(json::parse(text), "ERR_WEIGHTS_FORMAT");
  }
}

TEST("JSON: escapes") {
  const json::Value value = json::parse(R"("\"\\\/\b\f\n\r\t\u00e9\u20ac\ud83d\ude00")");
  CHECK_EQUAL(*value.string(), "\"\\/\b\f\n\r\t\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  const json::Value null = json::parse(R"("a\u0000b")");
  CHECK_EQUAL(*null.string(), std::string("a\0b", 3));
}

TEST("JSON: what quote() writes, parse() reads") {
  std::string all;
  for (int c = 0; c < 0x80; ++c) all.push_back(static_cast<char>(c));
  all += "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  const json::Value value = json::parse(json::quote(all));
  CHECK_EQUAL(*value.string(), all);
}

TEST("JSON: objects keep their order") {
  const json::Value value = json::parse(" { \"z\" : [ ] , \"a\" : { } , \"m\" : null } ");
  const json::Object& object = *value.object();
  CHECK_EQUAL(object.size(), 3u);
  CHECK_EQUAL(object[0].first, "z");
  CHECK_EQUAL(object[1].first, "a");
  CHECK(json::find(object, "m") == &object[2].second);
  CHECK(json::find(object, "x") == nullptr);
  CHECK(object[0].second.array()->empty());
}

TEST_MAIN()
