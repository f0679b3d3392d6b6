#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "support/tls_pair.h"
#include <sluice/tls_certificate.h>

using namespace sluice;
using namespace sluice::test;

namespace {

void write(const std::string& path, const std::string& text) {
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  cr_assert(::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

std::error_code failure(const std::string& path) {
  try {
    (void)read_pem(path);
  } catch (const std::system_error& error) {
    cr_expect(std::string(error.what()).starts_with(path), "%s", error.what());
    return error.code();
  }
  return {};
}

}  // namespace

Test(tls_certificate, is_read_from_files_and_from_descriptors) {
  const Scratch scratch;
  const Authority root;
  const Pem pem = root.sign();
  const std::string chain = scratch / "chain.pem";
  const std::string key = scratch / "key.pem";
  write(chain, pem.certificate);
  write(key, pem.key);
  const TlsCertificate read = TlsCertificate::from_files(chain, key);
  cr_expect(read.chain == pem.certificate && read.key == pem.key && read.ocsp.empty());
  cr_expect(read.chain_name == chain && read.key_name == key);
  const Fd open_key(::open(key.c_str(), O_RDONLY | O_CLOEXEC));
  cr_expect(read_pem(open_key.get()) == pem.key);
  TlsServerOptions options;
  options.certificates.push_back(read);
  cr_expect(TlsServer(options).certificate().subject == "CN=leaf");
}

Test(tls_certificate, says_which_file_it_cannot_read) {
  const Scratch scratch;
  cr_expect(failure(scratch / "missing") == std::errc::no_such_file_or_directory);
  cr_expect(failure(scratch / ".") == std::errc::is_a_directory);
  write(scratch / "large", std::string(kMaxPem + 1, 'x'));
  cr_expect(failure(scratch / "large") == std::errc::file_too_large);
  cr_assert(::mkfifo((scratch / "fifo").c_str(), 0600) == 0);
  cr_expect(read_pem(scratch / "fifo").empty(), "a FIFO without a writer is empty");
}
