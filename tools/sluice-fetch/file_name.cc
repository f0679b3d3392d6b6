#include "file_name.h"

#include <string_view>

#include "../../reactor/base/text/quote.h"
#include "../common/percent.h"
#include "../common/usage_error.h"

namespace sluice::tools::fetch {
namespace {

std::string_view what_is_wrong_with(const std::string& name) {
  if (name.empty()) return "is empty";
  if (name.size() > kMaxFileName) return "is longer than 255 bytes";
  if (name.find('/') != name.npos) return "contains a slash";
  if (name.front() == '.') return "begins with a dot";
  if (name.front() == '-') return "begins with a dash";
  // What escape() changes: control characters, NUL too, what does not show, and what is not UTF-8.
  if (escape(name, 4 * kMaxFileName) != name) {
    return "contains control or invisible characters or is not UTF-8";
  }
  return {};
}

}  // namespace

std::string file_name_of(const Url& url) {
  const std::string_view path = url.path;
  const std::size_t slash = path.rfind('/');
  std::string name = percent_decoded(slash == path.npos ? path : path.substr(slash + 1));
  const std::string_view wrong = what_is_wrong_with(name);
  if (!wrong.empty()) {
    throw UsageError("URL " + quote(url.shown) + ": the file name would be " + quote(name) +
                     ", which " + std::string(wrong) + "; choose another with --output FILE");
  }
  return name;
}

}  // namespace sluice::tools::fetch
