#include "tls_facts.h"

#include <algorithm>

#include "../../common/timestamp.h"

namespace sluice::tools::scan {

std::size_t TlsFacts::size() const noexcept {
  std::size_t bytes = version.size() + cipher.size() + subject.size();
  for (const std::string& name : names) bytes += sizeof(std::string) + name.size();
  return bytes;
}

std::string TlsFacts::expiry() const { return utc_date(not_after); }

std::string TlsFacts::line() const {
  std::string text = version + ' ' + cipher;
  if (!subject.empty()) text += ", " + subject;
  if (!names.empty()) {
    text += " (";
    for (std::size_t i = 0; i < std::min(names.size(), kNamesInLine); ++i) {
      if (i > 0) text += ' ';
      text += names[i];
    }
    text += names.size() > kNamesInLine ? " ...)" : ")";
  }
  return text + ", until " + expiry();
}

}  // namespace sluice::tools::scan
