// SPDX-License-Identifier: MIT
#include <span>

#include "peers/contender.h"

namespace kws::peers {
namespace {

class Window final : public Contender {
 public:
  Window(const nn::Model& model, std::vector<float> input)
      : plan_(model, {.execution = engine::Execution::kWholeWindow}),
        input_(std::move(input)),
        posteriors_(plan_.labels()) {}

  void run() override { plan_.run_window(input_, posteriors_); }
  std::vector<float> logits() override {
    run();
    return {plan_.logits().begin(), plan_.logits().end()};
  }

 private:
  engine::Plan plan_;
  std::vector<float> input_;
  std::vector<float> posteriors_;
};

class Hop final : public Contender {
 public:
  Hop(const nn::Model& model, std::vector<float> input)
      : plan_(model), input_(std::move(input)), posteriors_(plan_.labels()) {
    for (std::size_t i = 0; i < 2 * plan_.frames(); ++i) run();
  }

  void run() override {
    plan_.push(std::span(input_).subspan(next_ * plan_.bins(), plan_.bins()), posteriors_);
    next_ = (next_ + 1) % plan_.frames();
  }
  std::vector<float> logits() override {
    do run();
    while (next_ != 0);
    return {plan_.logits().begin(), plan_.logits().end()};
  }

 private:
  engine::Plan plan_;
  std::vector<float> input_;
  std::vector<float> posteriors_;
  std::size_t next_ = 0;
};

}  // namespace

std::unique_ptr<Contender> our_window(const nn::Model& model, const std::vector<float>& input) {
  return std::make_unique<Window>(model, input);
}

std::unique_ptr<Contender> our_hop(const nn::Model& model, const std::vector<float>& input) {
  return std::make_unique<Hop>(model, input);
}

}  // namespace kws::peers
