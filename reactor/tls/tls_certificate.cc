#include "tls_certificate.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "../base/fd.h"
#include "../base/named_call.h"

namespace sluice {

namespace {

std::string read_all(int descriptor, const std::string& name) {
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t count = ::read(descriptor, block, sizeof block);
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_call(errno, name);
    text.append(block, static_cast<std::size_t>(count));
    if (text.size() > kMaxPem) fail_call(EFBIG, name);
  }
}

}  // namespace

std::string read_pem(const std::string& path) {
  // O_NONBLOCK: a FIFO without a writer would hold the program up.
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  if (!file) fail_call(errno, path);
  return read_all(file.get(), path);
}

std::string read_pem(int descriptor) {
  return read_all(descriptor, "descriptor " + std::to_string(descriptor));
}

TlsCertificate TlsCertificate::from_files(const std::string& chain, const std::string& key,
                                          const std::string& ocsp) {
  return {.chain = read_pem(chain),
          .key = read_pem(key),
          .ocsp = ocsp.empty() ? std::string() : read_pem(ocsp),
          .chain_name = chain,
          .key_name = key};
}

}  // namespace sluice
