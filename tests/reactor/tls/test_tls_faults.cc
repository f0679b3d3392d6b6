// Each allocation of OpenSSL fails in turn: set-up throws, a handshake fails, and nothing else.
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cstdlib>
#include <new>
#include <system_error>

#include <criterion/criterion.h>

#include "support/tls_pair.h"

using namespace sluice;
using namespace sluice::test;

namespace {

long left = -1;  // allocations until the one that fails; negative: none fails
bool failed = false;

bool fails() {
  if (left < 0 || left-- > 0) return false;
  failed = true;
  return true;
}
void* allocate(std::size_t size, const char* /*file*/, int /*line*/) {
  return fails() ? nullptr : std::malloc(size);
}
void* resize(void* block, std::size_t size, const char* /*file*/, int /*line*/) {
  if (size != 0 && fails()) return nullptr;
  return std::realloc(block, size);
}
void release(void* block, const char* /*file*/, int /*line*/) { std::free(block); }

// Before main(), because OpenSSL accepts no other functions once it has allocated something.
__attribute__((constructor)) void take_over() {
  if (CRYPTO_set_mem_functions(allocate, resize, release) != 1) std::abort();
}

// A handshake and an exchange; false if something that it needs could not be made.
bool exchange(const TlsServer& server, const TlsClient& client) {
  try {
    TlsPair pair(server.transport(), client.transport("localhost"));
    const auto over_now = [&] { return pair.server.closed() || pair.client.closed(); };
    turn_until(pair.loop(),
               [&] { return over_now() || (pair.server.opened() && pair.client.opened()); });
    if (over_now()) return false;
    pair.at(pair.client).send("hello");
    turn_until(pair.loop(), [&] { return over_now() || pair.server.handler.input == "hello"; });
    return !over_now();
  } catch (const std::bad_alloc&) {
  } catch (const std::system_error&) {
  }
  return false;
}

}  // namespace

Test(tls_faults, of_set_up_are_exceptions) {
  const Authority root;
  TlsServerOptions options = server_with(root.sign());
  options.client_certificates = TlsClientCertificates::optional;
  options.client_ca = root.pem();
  options.alpn = {"x"};
  { const TlsServer warm(options); }
  int thrown = 0;
  int passed = 0;
  // Some allocations may fail without harm, so it goes on until a whole set-up had none to fail.
  for (long at = 0; at < 20'000; ++at) {
    left = at;
    failed = false;
    try {
      const TlsServer server(options);
      ++passed;
    } catch (const std::bad_alloc&) {
      ++thrown;
    } catch (const std::system_error&) {
      ++thrown;
    }
    left = -1;
    if (!failed) break;
    at += at / 50;
  }
  cr_expect(!failed, "the end was not reached");
  cr_expect(thrown > 50 && passed >= 1, "%d failures, %d successes", thrown, passed);
  const TlsServer after(options);
  cr_expect(exchange(after, TlsClient({.ca = root.pem()})));
}

Test(tls_faults, of_a_connection_end_that_connection) {
  const Authority root;
  const TlsServer server(server_with(root.sign()));
  const TlsClient client({.ca = root.pem()});
  cr_assert(exchange(server, client));
  int ended = 0;
  for (long at = 0; at < 20'000; ++at) {
    left = at;
    failed = false;
    if (!exchange(server, client)) ++ended;
    left = -1;
    ERR_clear_error();
    cr_assert(server.handshakes() == 0, "allocation %ld: a place is lost", at);
    if (!failed) break;
    at += at / 50;
  }
  cr_expect(!failed, "the end was not reached");
  cr_expect(ended > 50, "%d", ended);
  cr_expect(exchange(server, client), "and later ones go on");
}
