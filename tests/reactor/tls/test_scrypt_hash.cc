// Hashes of scrypt: what is read as one, and whether a password is theirs.
#include <string>

#include <criterion/criterion.h>

#include "reactor/tls/scrypt_hash.h"

using sluice::ScryptHash;

namespace {

// RFC 7914, section 12, the third vector: "pleaseletmein".
const std::string kVector =
    "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$"
    "cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw";

std::string with(const std::string& what, const std::string& other) {
  std::string text = kVector;
  return text.replace(text.find(what), what.size(), other);
}

}  // namespace

Test(scrypt_hash, knows_its_password) {
  const auto hash = ScryptHash::read(kVector);
  cr_assert(hash.has_value());
  cr_expect(hash->cost == 14 && hash->salt.size() == 14 && hash->hash.size() == 64);
  cr_expect(hash->matches("pleaseletmein"));
  for (const char* wrong : {"", "pleaseletmei", "pleaseletmein ", "Pleaseletmein"}) {
    cr_expect(!hash->matches(wrong), "%s", wrong);
  }
}

Test(scrypt_hash, reads_no_other_text) {
  const std::string salt = "U29kaXVtQ2hsb3JpZGU";
  const std::string wrong[] = {"",
                               "pleaseletmein",
                               "$scrypt$",
                               "$scrypt$ln=14",
                               "$scrypt$ln=14,r=8,p=1$$",
                               kVector.substr(0, kVector.rfind('$')),
                               kVector + "$",
                               kVector + "=",
                               with("$scrypt", "$argon2id"),
                               with("ln=14", "ln=9"),
                               with("ln=14", "ln=16"),
                               with("ln=14", "ln=-14"),
                               with("ln=14", "ln="),
                               with("r=8", "r=16"),
                               with("p=1", "p=2"),
                               with("p=1", "p=1,x=1"),
                               with(salt, "c2hvcnQ"),
                               with(salt, salt + "!"),
                               with(salt, salt + "AA"),
                               with(salt, "U29kaXVtQ2hsb3JpZGV"),
                               with(salt, std::string(100, 'A')),
                               with("cCO9", "cC 9")};
  for (const std::string& text : wrong) {
    cr_expect(!ScryptHash::read(text).has_value(), "%s", text.c_str());
  }
  cr_expect(ScryptHash::read(with("ln=14", "ln=10")).has_value());
  cr_expect(ScryptHash::read(with("ln=14", "ln=15")).has_value());
}
