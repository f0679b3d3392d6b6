#include "tls_tickets.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>

#include "tls_errors.h"

namespace sluice {

TlsTickets::TlsTickets(std::chrono::seconds life) : life_(life) {
  if (!make(current_, Clock::now())) throw_tls_error("key of tickets");
}

TlsTickets::~TlsTickets() {
  OPENSSL_cleanse(&current_, sizeof current_);
  if (previous_) OPENSSL_cleanse(&*previous_, sizeof *previous_);
}

bool TlsTickets::make(Key& key, Clock::time_point now) noexcept {
  key.made = now;
  return RAND_bytes(key.name.data(), static_cast<int>(key.name.size())) == 1 &&
         RAND_bytes(key.aes.data(), static_cast<int>(key.aes.size())) == 1 &&
         RAND_bytes(key.hmac.data(), static_cast<int>(key.hmac.size())) == 1;
}

bool TlsTickets::rotate(Clock::time_point now) noexcept {
  if (previous_ && now - current_.made >= life_) {
    OPENSSL_cleanse(&*previous_, sizeof *previous_);
    previous_.reset();
  }
  if (now - current_.made < life_) return true;
  Key fresh;
  if (!make(fresh, now)) return false;
  // After a time without tickets the current one may be too old to be the one before.
  if (now - current_.made < 2 * life_) previous_ = current_;
  current_ = fresh;
  OPENSSL_cleanse(&fresh, sizeof fresh);
  return true;
}

int TlsTickets::prepare(unsigned char name[16], unsigned char iv[16], EVP_CIPHER_CTX* cipher,
                        EVP_MAC_CTX* mac, bool encrypt, Clock::time_point now) noexcept {
  const detail::MutexLock lock(mutex_);
  if (!rotate(now)) return -1;
  Key* key = &current_;
  if (encrypt) {
    if (RAND_bytes(iv, EVP_MAX_IV_LENGTH) != 1) return -1;
    std::copy(key->name.begin(), key->name.end(), name);
  } else if (!std::equal(key->name.begin(), key->name.end(), name)) {
    if (!previous_ || !std::equal(previous_->name.begin(), previous_->name.end(), name)) return 0;
    key = &*previous_;
  }
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->hmac.data(), key->hmac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_CTX_set_params(mac, parameters) != 1) return -1;
  const int done =
      encrypt ? EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->aes.data(), iv)
              : EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->aes.data(), iv);
  if (done != 1) return -1;
  return key == &current_ ? 1 : 2;
}

}  // namespace sluice
