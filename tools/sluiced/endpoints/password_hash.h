// Passwords that a configuration has as hashes of scrypt. There are two sources: one with
// sluice-tls, and one for a build without OpenSSL, in which no hash is valid.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_PASSWORD_HASH_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_PASSWORD_HASH_H

#include <string_view>

namespace sluice::tools::daemon {

// "$scrypt$ln=14,r=8,p=1$SALT$HASH", within the limits of ScryptHash.
bool is_password_hash(std::string_view hash);
// Takes tens of milliseconds. REQUIRES: is_password_hash(hash).
bool is_password(std::string_view password, std::string_view hash);
// What is allowed, for messages.
std::string_view allowed_password_hash() noexcept;

}  // namespace sluice::tools::daemon

#endif
