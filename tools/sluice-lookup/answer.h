// The answer for a word, and its text.
//
// What it is: functions that return text, except complain(). A line for people is the word and its
// answers with spaces between them: `ssh 22/tcp`. An answer has the protocol or port that the word
// of a service lacks.
// Errors: std::bad_alloc. Thread: any.
#ifndef SLUICE_TOOLS_SLUICE_LOOKUP_ANSWER_H
#define SLUICE_TOOLS_SLUICE_LOOKUP_ANSWER_H

#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "../../reactor/names/service_names.h"
#include "../common/json_object.h"
#include "own_host.h"
#include "query.h"

namespace sluice::tools::lookup {

struct Service {
  std::string name;
  std::uint16_t port;
  Scheme scheme;
};

struct Answer {
  std::string error;               // why nothing was found; empty if something was
  std::vector<std::string> hosts;  // addresses or names
  std::vector<Service> services;
  std::string_view status{};  // the error as one word, such as "not_found"
};

// "not_found", "no_record", "timed_out" and so on: the words of the page. REQUIRES: an error of the
// resolver.
std::string_view status_of(std::error_code error) noexcept;

// REQUIRES: `query` is a service or a port.
Answer answer_from(const ServiceNames& services, const Query& query);

// The words of a text, with each name in Unicode; empty if no word is a name that has such a form.
std::string in_unicode(std::string_view text);
// That form as it is printed behind the text: " (bücher.example)", escaped; or nothing.
std::string unicode_beside(std::string_view text);

// Each ends in a newline; escape() is applied to the text. `is_unicode`: names have their form in
// Unicode beside them. Objects always have it, as a member.
std::string line_of(const Query& query, const Answer& answer, bool is_unicode = false);
std::string json_of(const Query& query, const Answer& answer);
// The names of hosts in Unicode, if one of them has such a form.
void add_unicode(JsonObject& object, const std::vector<std::string>& hosts);
// The member that ends an object without results, or with a part of them.
void add_error(JsonObject& object, const Answer& answer);
// `name "nobody.example": not found`, without a newline.
std::string complaint_of(const Query& query, const Answer& answer);
// Writes a line to the standard error.
void complain(const std::string& message);

std::string text_of(const OwnHost& host);
std::string json_of(const OwnHost& host);

}  // namespace sluice::tools::lookup

#endif
