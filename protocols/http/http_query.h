// The value of a name in the query of a URL: "nick=ann&room=a%20b".
//
// What it is: percent-encoding is decoded, and '+' is a space, as browsers write forms. A '%' that
// two hexadecimal digits do not follow stands for itself.
// Thread: any. Errors: std::bad_alloc.
// Source: RFC 3986, section 2.1; the URL standard of WHATWG, section 5.1.
#ifndef SLUICE_PROTOCOLS_HTTP_HTTP_QUERY_H
#define SLUICE_PROTOCOLS_HTTP_HTTP_QUERY_H

#include <string>
#include <string_view>

namespace sluice {

// The first one of that name; empty if there is none.
[[nodiscard]] std::string query_value(std::string_view query, std::string_view name);

}  // namespace sluice

#endif
