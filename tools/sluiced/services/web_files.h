// The files of the web page, which are in tools/sluiced/web/ and are compiled in.
//
// Thread: any. Errors: none.
#ifndef SLUICE_TOOLS_SLUICED_SERVICES_WEB_FILES_H
#define SLUICE_TOOLS_SLUICED_SERVICES_WEB_FILES_H

#include <span>
#include <string_view>

namespace sluice::tools::daemon {

struct WebFile {
  std::string_view name;  // "chat.html"
  std::string_view text;
};

std::span<const WebFile> web_files() noexcept;

}  // namespace sluice::tools::daemon

#endif
