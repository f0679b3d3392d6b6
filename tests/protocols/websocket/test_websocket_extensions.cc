// What is negotiated about permessage-deflate, as a table with the sections of the RFCs.
#include <string>
#include <string_view>
#include <vector>

#include <criterion/criterion.h>

#include "protocols/websocket/websocket_extensions.h"

using namespace sluice;

namespace {

const std::string kAccepted =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

// The answer to an offer: "" if it is declined, "malformed" if the header is.
std::string answered(std::string_view offer) {
  std::vector<WebSocketExtension> offers;
  if (!read_websocket_extensions(offer, offers)) return "malformed";
  return answer_deflate_offer(offers).header;
}

struct Offer {
  std::string_view section;
  std::string_view offer;
  std::string answer;
};

void expect(const std::vector<Offer>& table) {
  for (const Offer& row : table) {
    const std::string got = answered(row.offer);
    cr_expect(got == row.answer, "%s, %s: %s", row.section.data(), row.offer.data(), got.c_str());
  }
}

struct Answer {
  std::string_view section;
  std::string_view answer;
  bool accepts;
};

}  // namespace

Test(websocket_extensions, an_offer_is_accepted_without_context_takeover) {
  expect({
      {"7692 7.1", "permessage-deflate", kAccepted},
      {"7692 7.1.1.1", "permessage-deflate; server_no_context_takeover", kAccepted},
      {"7692 7.1.1.2", "permessage-deflate; client_no_context_takeover", kAccepted},
      {"7692 7.1.2.2", "permessage-deflate; client_max_window_bits", kAccepted},
      {"7692 7.1.2.2", "permessage-deflate; client_max_window_bits=8", kAccepted},
      {"7692 7.1.2.1", "permessage-deflate; server_max_window_bits=8",
       kAccepted + "; server_max_window_bits=8"},
      {"7692 7.1.2.1", "permessage-deflate; server_max_window_bits=15; client_max_window_bits=15",
       kAccepted + "; server_max_window_bits=15"},
      {"6455 9.1", "permessage-deflate; server_max_window_bits=\"10\"",
       kAccepted + "; server_max_window_bits=10"},
      {"6455 9.1", "permessage-deflate; server_max_window_bits=\"1\\0\"",
       kAccepted + "; server_max_window_bits=10"},
      {"6455 9.1", "\tpermessage-deflate ;client_max_window_bits , x-other", kAccepted},
  });
}

Test(websocket_extensions, an_offer_with_anything_else_is_declined) {
  expect({
      {"7692 7.1", "permessage-deflate; unknown", ""},
      {"7692 7.1", "permessage-deflate; server_no_context_takeover=1", ""},
      {"7692 7.1", "permessage-deflate; client_no_context_takeover=true", ""},
      {"7692 7.1", "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
       ""},
      {"7692 7.1", "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
       ""},
      {"7692 7.1", "permessage-deflate; client_max_window_bits; client_max_window_bits=9", ""},
      {"7692 7.1", "permessage-deflate; server_max_window_bits=9; server_max_window_bits=9", ""},
      {"7692 7.1.2.1", "permessage-deflate; server_max_window_bits", ""},
      {"7692 7.1.2.1", "permessage-deflate; server_max_window_bits=7", ""},
      {"7692 7.1.2.1", "permessage-deflate; server_max_window_bits=16", ""},
      {"7692 7.1.2.1", "permessage-deflate; server_max_window_bits=08", ""},
      {"7692 7.1.2.1", "permessage-deflate; server_max_window_bits=+8", ""},
      {"7692 7.1.2.2", "permessage-deflate; client_max_window_bits=16", ""},
      {"7692 7.1.2.2", "permessage-deflate; client_max_window_bits=x", ""},
      {"6455 9.1", "permessage-bzip2, x-webkit-deflate-frame", ""},
      {"6455 9.1", "x-permessage-deflate", ""},
  });
}

Test(websocket_extensions, the_first_offer_that_can_be_accepted_is) {
  expect({
      {"7692 5.1", "permessage-deflate; server_max_window_bits=99, permessage-deflate", kAccepted},
      {"7692 5.1", "x-other; a=b, permessage-deflate; server_max_window_bits=9, permessage-deflate",
       kAccepted + "; server_max_window_bits=9"},
  });
}

Test(websocket_extensions, a_malformed_header_is_found) {
  for (const std::string_view offer :
       {"", ",", "permessage-deflate,", "permessage-deflate;", "; a", "a; b=", "a; =b", "a b",
        "a; b=\"", "a; b=\"c d\"", "a; b=\"\"", "a; b=\"\\", "a=b", "permessage-deflate; (x)",
        "a,,b"}) {
    cr_expect(answered(offer) == "malformed", "%s", offer.data());
  }
  std::string many = "x";
  for (int i = 0; i < 64; ++i) many += ",x";
  cr_expect(answered(many) == "malformed");
}

Test(websocket_extensions, a_client_checks_the_answer_to_its_offer) {
  const std::vector<Answer> table = {
      {"7692 7.1.1.1", "permessage-deflate; server_no_context_takeover", true},
      {"7692 7.1.1.2", "permessage-deflate; client_no_context_takeover; server_no_context_takeover",
       true},
      {"7692 7.1.2.1", "permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
       true},
      {"7692 7.1.1.1", "permessage-deflate", false},
      {"7692 7.1.2.2", "permessage-deflate; server_no_context_takeover; client_max_window_bits=9",
       false},
      {"7692 7.1", "permessage-deflate; server_no_context_takeover; unknown", false},
      {"7692 7.1", "permessage-deflate; server_no_context_takeover; server_max_window_bits=7",
       false},
      {"6455 9.1", "x-other", false},
      {"7692 5.1",
       "permessage-deflate; server_no_context_takeover, permessage-deflate; "
       "server_no_context_takeover",
       false},
  };
  for (const Answer& row : table) {
    std::vector<WebSocketExtension> answer;
    cr_assert(read_websocket_extensions(row.answer, answer));
    cr_expect(accepts_deflate_offer(answer) == row.accepts, "%s, %s", row.section.data(),
              row.answer.data());
  }
}
