// Complete files that get their names together.
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <criterion/criterion.h>

#include "support/scratch.h"
#include "tools/sluice-fetch/file_batch.h"
#include <sluice/loop.h>

using sluice::Loop;
using sluice::test::Scratch;
using sluice::tools::NewFile;
using sluice::tools::fetch::FetchResult;
using sluice::tools::fetch::FileBatch;

namespace {

struct World {
  void add(const std::string& name) {
    auto file = std::make_unique<NewFile>(scratch / name, NewFile::Existing::kept);
    file->write(name);
    FetchResult result;
    result.url = name;
    batch.add(std::move(file), result);
  }
  std::string text_of(const std::string& name) const {
    std::string text;
    std::ifstream(scratch / name) >> text;
    return text;
  }

  Scratch scratch;
  std::vector<FetchResult> done;
  Loop loop;
  FileBatch batch{loop, [](const std::system_error& error) { return std::string(error.what()); },
                  [this](const FetchResult& result) { done.push_back(result); }};
};

}  // namespace

Test(fetch_file_batch, files_wait_for_each_other_and_are_done_in_order) {
  World world;
  for (int i = 0; i < 10; ++i) world.add("f" + std::to_string(i));
  cr_expect(world.done.empty() && world.text_of("f0").empty());
  world.batch.flush();
  cr_assert(world.done.size() == 10);
  for (int i = 0; i < 10; ++i) {
    const std::string name = "f" + std::to_string(i);
    cr_expect(world.done[static_cast<std::size_t>(i)].url == name);
    cr_expect(world.done[static_cast<std::size_t>(i)].file == world.scratch / name);
    cr_expect(world.text_of(name) == name);
  }
  world.batch.flush();
  cr_expect(world.done.size() == 10);
}

Test(fetch_file_batch, a_full_batch_does_not_wait) {
  World world;
  for (std::size_t i = 0; i < FileBatch::kMax; ++i) world.add("f" + std::to_string(i));
  cr_expect(world.done.size() == FileBatch::kMax);
}

Test(fetch_file_batch, a_few_files_do_not_wait_for_ever) {
  World world;
  world.add("one");
  while (world.done.empty()) world.loop.run_once();
  cr_expect(world.text_of("one") == "one");
}

Test(fetch_file_batch, one_that_cannot_be_kept_is_named_and_the_others_are_kept) {
  World world;
  for (int i = 0; i < 6; ++i) world.add("f" + std::to_string(i));
  std::ofstream(world.scratch / "f3") << "other";
  world.batch.flush();
  cr_assert(world.done.size() == 6);
  for (int i = 0; i < 6; ++i) {
    const FetchResult& result = world.done[static_cast<std::size_t>(i)];
    cr_expect(result.error.has_value() == (i == 3) && result.file.has_value() == (i != 3));
  }
  cr_expect(world.text_of("f3") == "other");
}
