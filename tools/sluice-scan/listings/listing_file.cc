#include "listing_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <system_error>

#include "../../../reactor/base/text/quote.h"
#include "../../common/usage_error.h"
#include "xml_output.h"

namespace sluice::tools::scan {
namespace {

constexpr mode_t kMode = 0666;  // less the umask

[[noreturn]] void fail(const std::string& file) {
  throw std::system_error(errno, std::generic_category(), escape(file, kMaxQuoted));
}

}  // namespace

Fd open_listing(const std::string& file, bool append) {
  const int how = O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC);
  // A FIFO without a reader would be waited for, with all signals caught: it is an error, ENXIO.
  Fd fd(::open(file.c_str(), how | O_NONBLOCK, kMode));
  // What it shares the open file with knows nothing of that.
  if (!fd || ::fcntl(fd.get(), F_SETFL, how & O_APPEND) < 0) fail(file);
  return fd;
}

bool has_bytes(const Fd& listing) {
  struct stat about {};
  return ::fstat(listing.get(), &about) == 0 && about.st_size > 0;
}

XmlFile open_xml(const std::string& file, bool resumed) {
  if (!resumed) return {open_listing(file, false), false};
  XmlFile xml{Fd(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode)), false};
  if (!xml.fd) fail(file);
  const off_t size = ::lseek(xml.fd.get(), 0, SEEK_END);
  if (size < 0) fail(file);
  if (size == 0) return xml;
  const off_t start = std::max<off_t>(0, size - static_cast<off_t>(kMaxXmlEnd));
  std::string tail(static_cast<std::size_t>(size - start), '\0');
  const ssize_t count = ::pread(xml.fd.get(), tail.data(), tail.size(), start);
  if (count < 0) fail(file);
  tail.resize(static_cast<std::size_t>(count));
  const std::size_t end = find_xml_end(tail);
  if (end == tail.npos) {
    throw UsageError(
        "--xml " + escape(file, kMaxQuoted) +
        ": the resumed scan cannot append to this file; allowed: the file that it wrote "
        "before, or a new one");
  }
  const off_t cut = start + static_cast<off_t>(end);
  if (::ftruncate(xml.fd.get(), cut) != 0 || ::lseek(xml.fd.get(), cut, SEEK_SET) < 0) fail(file);
  xml.continued = true;
  return xml;
}

void close_listing(const std::string& file, Fd fd) {
  if (::close(fd.release()) != 0) fail(file);
}

}  // namespace sluice::tools::scan
