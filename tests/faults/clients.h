// The clients of the scenario. They block, and no call of theirs fails.
//
// Errors: a client that does not get the right answer in time throws Unfair.
#ifndef SLUICE_TESTS_FAULTS_CLIENTS_H
#define SLUICE_TESTS_FAULTS_CLIENTS_H

#include <stdexcept>
#include <string>
#include <string_view>

#include <sluice/address.h>
#include <sluice/fd.h>

namespace sluice::faults {

struct Unfair : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline constexpr int kPatience = 3000;  // milliseconds; a server lingers for 2000

class Client {
 public:
  Client(std::string name, const Address& server);  // connects
  Client(std::string name, Fd connected);

  void send(std::string_view bytes);
  void expect(std::string_view bytes);  // exactly these come next
  void expect_end();                    // in order, and nothing before it
  void end();                           // half-close

 private:
  void check(bool fine, const char* what) const;

  std::string name_;
  Fd socket_;
};

// Asks by UDP until there is an answer; false when there is none, or a wrong one.
bool ask(const Address& server, std::string_view question, std::string_view answer);

}  // namespace sluice::faults

#endif
