// The keys of TLS, which every service over streams has.
//
// Thread: any. Errors: std::bad_alloc.
#ifndef SLUICE_TOOLS_SLUICED_ENDPOINTS_TLS_KEYS_H
#define SLUICE_TOOLS_SLUICED_ENDPOINTS_TLS_KEYS_H

#include <string>
#include <string_view>
#include <vector>

#include "../settings/key_types.h"
#include "../settings/listen_spec.h"
#include "../settings/setting_error.h"

namespace sluice::tools::daemon {

inline constexpr std::string_view kTlsOn = "on";
inline constexpr std::string_view kTlsModern = "modern";  // TLS 1.3 only
inline constexpr std::string_view kTlsWords[] = {"off", kTlsOn, kTlsModern};
inline constexpr ChoiceKey kTlsKey({.name = "tls",
                                    .form = "on|modern|off",
                                    .summary = "stream: TLS; modern: TLS 1.3 only",
                                    .applies = over_streams},
                                   kTlsWords);
inline constexpr TextKey::Size kPathSize{1, 4095};
inline constexpr TextKey kCertKey({.name = "cert",
                                   .form = "FILE",
                                   .summary = "tls: certificate and its chain, PEM",
                                   .applies = over_streams,
                                   .without = "none"},
                                  kPathSize);
inline constexpr TextKey kKeyKey({.name = "key",
                                  .form = "FILE",
                                  .summary = "tls: its key, PEM",
                                  .applies = over_streams,
                                  .without = "in cert"},
                                 kPathSize);
inline constexpr WordsKey kSniKey({.name = "sni",
                                   .form = "CERT:KEY...",
                                   .summary = "tls: more of them, chosen by name",
                                   .applies = over_streams,
                                   .without = "none"},
                                  {1, kPathSize.most});
inline constexpr TextKey kOcspKey({.name = "ocsp",
                                   .form = "FILE",
                                   .summary = "tls: OCSP response to staple, DER",
                                   .applies = over_streams,
                                   .without = "none"},
                                  kPathSize);
inline constexpr TextKey kClientCaKey({.name = "client-ca",
                                       .form = "FILE",
                                       .summary = "tls: who signs clients' certificates, PEM",
                                       .applies = over_streams,
                                       .without = "none"},
                                      kPathSize);
inline constexpr std::string_view kOptional = "optional";
inline constexpr std::string_view kClientCertWords[] = {"required", kOptional};
inline constexpr ChoiceKey kClientCertKey({.name = "client-cert",
                                           .form = "required|optional",
                                           .summary = "tls: with client-ca",
                                           .applies = over_streams},
                                          kClientCertWords);
inline constexpr WordsKey kAlpnKey({.name = "alpn",
                                    .form = "NAME...",
                                    .summary = "tls: protocols, the best first",
                                    .applies = over_streams,
                                    .without = "none"},
                                   {1, 255});

// Whether the key says more about TLS, and means nothing without it.
bool needs_tls(const Key& key) noexcept;
bool has_tls(const Settings& settings);
// The paths that these settings name.
std::vector<std::string> tls_files(const Settings& settings);

// What does not hold between these keys.
void validate_tls(const ListenSpec& spec, SettingErrors& errors);

}  // namespace sluice::tools::daemon

#endif
