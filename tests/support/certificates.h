// Certificates for tests, made while they run: a root, and what it signs.
#ifndef SLUICE_TESTS_SUPPORT_CERTIFICATES_H
#define SLUICE_TESTS_SUPPORT_CERTIFICATES_H

#include <memory>
#include <string>
#include <vector>

namespace sluice::test {

struct Pem {
  std::string certificate;
  std::string key;
};

struct Leaf {
  std::vector<std::string> names = {"DNS:localhost"};  // also "IP:127.0.0.1"
  const char* common_name = "leaf";
  bool rsa = false;
  int starts_in = -3600;  // seconds from now
  int ends_in = 86'400;
  bool is_ca = false;
};

// A certificate that signs others.
class Authority {
 public:
  explicit Authority(const char* name = "root");
  // A CA whose certificate `above` has signed.
  Authority(const Authority& above, const char* name);
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;
  ~Authority();

  [[nodiscard]] const std::string& pem() const { return pem_.certificate; }
  [[nodiscard]] Pem sign(const Leaf& leaf = {}) const;
  // A good OCSP response for a certificate that it has signed, as DER.
  [[nodiscard]] std::string ocsp(const Pem& leaf) const;

 private:
  struct Parsed;
  Pem pem_;
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace sluice::test

#endif
