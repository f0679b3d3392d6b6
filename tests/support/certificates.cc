#include "certificates.h"

#include <openssl/ocsp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace sluice::test {

namespace {

void must(bool done, const char* what) {
  if (done) return;
  std::fprintf(stderr, "certificates: %s failed\n", what);
  std::abort();
}

template <class Write>
std::string text_of(Write write) {
  BIO* memory = BIO_new(BIO_s_mem());
  must(write(memory) == 1, "writing");
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  std::string text(bytes, static_cast<std::size_t>(size));
  BIO_free(memory);
  return text;
}

void extend(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  must(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

struct Made {
  X509* certificate;
  EVP_PKEY* key;
};

// Signs with its own key if there is no issuer.
Made make(const Leaf& leaf, X509* issuer, EVP_PKEY* issuer_key) {
  Made made{X509_new(), leaf.rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256")};
  must(made.key != nullptr, "key");
  X509_set_version(made.certificate, 2);
  unsigned char serial[8];
  must(RAND_bytes(serial, sizeof serial) == 1, "serial");
  serial[0] = static_cast<unsigned char>((serial[0] & 0x3f) | 0x40);
  BIGNUM* number = BN_bin2bn(serial, sizeof serial, nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(made.certificate));
  BN_free(number);
  X509_gmtime_adj(X509_getm_notBefore(made.certificate), leaf.starts_in);
  X509_gmtime_adj(X509_getm_notAfter(made.certificate), leaf.ends_in);
  X509_NAME* name = X509_get_subject_name(made.certificate);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(leaf.common_name), -1, -1, 0);
  if (issuer == nullptr) issuer = made.certificate;
  X509_set_issuer_name(made.certificate, X509_get_subject_name(issuer));
  X509_set_pubkey(made.certificate, made.key);
  extend(made.certificate, issuer, NID_basic_constraints,
         leaf.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extend(made.certificate, issuer, NID_subject_key_identifier, "hash");
  std::string names;
  for (const std::string& each : leaf.names) names += (names.empty() ? "" : ",") + each;
  if (!names.empty() && !leaf.is_ca) extend(made.certificate, issuer, NID_subject_alt_name, names);
  EVP_PKEY* signer = issuer_key != nullptr ? issuer_key : made.key;
  must(X509_sign(made.certificate, signer, EVP_sha256()) > 0, "signing");
  return made;
}

Pem pem_of(const Made& made) {
  return {text_of([&](BIO* to) { return PEM_write_bio_X509(to, made.certificate); }),
          text_of([&](BIO* to) {
            return PEM_write_bio_PrivateKey(to, made.key, nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

}  // namespace

struct Authority::Parsed {
  Made made;
  ~Parsed() {
    X509_free(made.certificate);
    EVP_PKEY_free(made.key);
  }
};

Authority::Authority(const char* name)
    : parsed_(new Parsed{make({.common_name = name, .is_ca = true}, nullptr, nullptr)}) {
  pem_ = pem_of(parsed_->made);
}

Authority::Authority(const Authority& above, const char* name)
    : parsed_(new Parsed{make({.common_name = name, .is_ca = true}, above.parsed_->made.certificate,
                              above.parsed_->made.key)}) {
  pem_ = pem_of(parsed_->made);
}

Authority::~Authority() = default;

Pem Authority::sign(const Leaf& leaf) const {
  const Parsed made{make(leaf, parsed_->made.certificate, parsed_->made.key)};
  return pem_of(made.made);
}

std::string Authority::ocsp(const Pem& leaf) const {
  BIO* memory = BIO_new_mem_buf(leaf.certificate.data(), static_cast<int>(leaf.certificate.size()));
  X509* certificate = PEM_read_bio_X509(memory, nullptr, nullptr, nullptr);
  OCSP_CERTID* id = OCSP_cert_to_id(EVP_sha1(), certificate, parsed_->made.certificate);
  OCSP_BASICRESP* basic = OCSP_BASICRESP_new();
  ASN1_TIME* now = X509_gmtime_adj(nullptr, -60);
  ASN1_TIME* next = X509_gmtime_adj(nullptr, 3600);
  OCSP_basic_add1_status(basic, id, V_OCSP_CERTSTATUS_GOOD, 0, nullptr, now, next);
  must(OCSP_basic_sign(basic, parsed_->made.certificate, parsed_->made.key, EVP_sha256(), nullptr,
                       0) == 1,
       "signing a response");
  OCSP_RESPONSE* response = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic);
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(response, &bytes);
  std::string der(reinterpret_cast<char*>(bytes), static_cast<std::size_t>(size));
  OPENSSL_free(bytes);
  OCSP_RESPONSE_free(response);
  OCSP_BASICRESP_free(basic);
  OCSP_CERTID_free(id);
  ASN1_TIME_free(now);
  ASN1_TIME_free(next);
  X509_free(certificate);
  BIO_free(memory);
  return der;
}

}  // namespace sluice::test
