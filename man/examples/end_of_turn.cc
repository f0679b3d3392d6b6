// Publishes a total once a turn, however often it changes in that turn.
#include <cstdio>

#include <sluice/end_of_turn.h>
#include <sluice/loop.h>

namespace {

class Scoreboard {
 public:
  explicit Scoreboard(sluice::Loop& loop)
      : publish_(loop, [this] { std::printf("total: %d\n", total_); }) {}
  void add(int points) {
    total_ += points;
    publish_.request();
  }

 private:
  int total_ = 0;
  sluice::EndOfTurn publish_;
};

}  // namespace

int main() {
  sluice::Loop loop;
  Scoreboard board(loop);
  // Both tasks run in one turn.
  loop.post([&] { board.add(3); });
  loop.post([&] { board.add(4); });
  loop.run_once();
  loop.post([&] { board.add(5); });
  loop.run_once();
}
