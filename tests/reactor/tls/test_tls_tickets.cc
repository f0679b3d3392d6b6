#include <algorithm>
#include <array>
#include <chrono>

#include <criterion/criterion.h>

#include "reactor/tls/tls_tickets.h"

using namespace sluice;
using std::chrono::seconds;

namespace {

// One ticket: the name of its key, and what the callback says about it at a time.
struct Ticket {
  std::array<unsigned char, 16> name{};
  std::array<unsigned char, 16> iv{};

  int use(TlsTickets& tickets, bool encrypt, TlsTickets::Clock::time_point now) {
    EVP_CIPHER_CTX* cipher = EVP_CIPHER_CTX_new();
    EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    EVP_MAC_CTX* mac = EVP_MAC_CTX_new(hmac);
    const int said = tickets.prepare(name.data(), iv.data(), cipher, mac, encrypt, now);
    EVP_MAC_CTX_free(mac);
    EVP_MAC_free(hmac);
    EVP_CIPHER_CTX_free(cipher);
    return said;
  }
};

}  // namespace

Test(tls_tickets, are_good_for_one_to_two_lives) {
  const auto start = TlsTickets::Clock::now();
  TlsTickets tickets(seconds(100));
  Ticket first;
  cr_expect(first.use(tickets, true, start) == 1);
  cr_expect(first.use(tickets, false, start + seconds(50)) == 1);
  Ticket second;
  cr_expect(second.use(tickets, true, start + seconds(150)) == 1);
  cr_expect(second.name != first.name, "a new key");
  cr_expect(first.use(tickets, false, start + seconds(160)) == 2, "and the client gets a new one");
  cr_expect(second.use(tickets, false, start + seconds(160)) == 1);
  cr_expect(first.use(tickets, false, start + seconds(260)) == 0, "the key is gone");
  cr_expect(second.use(tickets, false, start + seconds(260)) == 2);
}

Test(tls_tickets, are_gone_after_a_long_pause) {
  const auto start = TlsTickets::Clock::now();
  TlsTickets tickets(seconds(100));
  Ticket ticket;
  cr_expect(ticket.use(tickets, true, start) == 1);
  cr_expect(ticket.use(tickets, false, start + seconds(1000)) == 0);
}

Test(tls_tickets, of_somebody_else_are_not_accepted) {
  const auto start = TlsTickets::Clock::now();
  TlsTickets ours(seconds(100));
  TlsTickets theirs(seconds(100));
  Ticket ticket;
  cr_expect(ticket.use(theirs, true, start) == 1);
  cr_expect(ticket.use(ours, false, start) == 0);
}
