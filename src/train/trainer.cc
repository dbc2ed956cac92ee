// SPDX-License-Identifier: MIT
#include "train/trainer.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "base/error.h"
#include "train/balance.h"

namespace kws::train {
namespace {

LossSettings loss_settings(const TrainSettings& settings) {
  LossSettings loss{.label_smoothing = settings.label_smoothing};
  if (settings.teacher) {
    loss.teacher_weight = settings.teacher->weight;
    loss.temperature = settings.teacher->temperature;
  }
  return loss;
}

}  // namespace

Trainer::Trainer(const TrainSettings& settings, std::uint64_t seed, nn::Model model,
                 BatchSource& source, BatchView validation, std::size_t threads,
                 std::span<const nn::Model> teachers, std::vector<double> offsets)
    : settings_(settings),
      seed_(seed),
      graph_(std::move(model.graph)),
      source_(source),
      validation_(validation),
      team_(std::min(threads, kShards)),
      weights_(std::move(model.weights)),
      average_(weights_),
      network_(graph_, weights_, static_cast<std::size_t>(settings.batch), Purpose::kTraining,
               team_, loss_settings(settings)),
      evaluation_(graph_, average_, static_cast<std::size_t>(settings.batch), Purpose::kEvaluation,
                  team_),
      optimiser_(settings.optimiser, network_.parameters()),
      offsets_(std::move(offsets)),
      steps_per_epoch_(source.steps_per_epoch()),
      steps_(steps_per_epoch_ * settings.epochs) {
  assert(teachers.empty() != settings_.teacher.has_value());
  if (!teachers.empty()) {
    teacher_.emplace(teachers, settings_.teacher->temperature, team_.threads());
  }
  if (!offsets_.empty()) (void)result();  // throws where there is nothing to add them to
  if (settings_.keep == Keep::kBest && validation_.labels.empty()) {
    throw ConfigError(
        "train.keep = \"best\" needs validation clips, and the data have none; use \"last\"");
  }
}

void Trainer::restore(Checkpoint checkpoint) {
  // The networks point into weights_ and average_: their values change, not the vectors.
  const auto refill = [](nn::Weights& to, const nn::Weights& from) {
    for (auto& [name, values] : to)
      std::copy_n(from.at(name).begin(), values.size(), values.begin());
  };
  refill(weights_, checkpoint.weights);
  refill(average_, checkpoint.average);
  best_ = std::move(checkpoint.best);
  optimiser_.restore(std::move(checkpoint.optimiser));
  step_ = checkpoint.step;
  loss_sum_ = checkpoint.loss_sum;
  correct_ = checkpoint.correct;
  clips_ = checkpoint.clips;
  last_accuracy_ = checkpoint.last_accuracy;
  best_accuracy_ = checkpoint.best_accuracy;
}

Outcome Trainer::run(Observer& observer, const std::atomic<bool>& stop,
                     const std::function<void(Checkpoint&&)>& save) {
  const auto put_down = [&] {
    save(state());
    observer.on_checkpoint(step_);
  };
  if (step_ == 0) put_down();
  while (step_ < steps_) {
    if (stop.load(std::memory_order_relaxed)) {
      put_down();
      return Outcome::kStopped;
    }
    train_step(observer);
    const bool epoch_done = step_ % steps_per_epoch_ == 0;
    if (epoch_done) end_epoch(observer);
    if (epoch_done || step_ % settings_.checkpoint_every_steps == 0) put_down();
  }
  return Outcome::kFinished;
}

void Trainer::train_step(Observer& observer) {
  const auto epoch = step_ / steps_per_epoch_;
  const auto batch = source_.load(epoch, step_ % steps_per_epoch_);
  const double rate = learning_rate(settings_.schedule, step_, steps_);
  std::span<const float> taught;
  if (teacher_) taught = teacher_->listen(batch.features, team_);
  const auto outcome =
      network_.run(batch.features, batch.labels, seed_, static_cast<std::uint64_t>(step_), taught);
  if (!std::isfinite(outcome.loss)) {
    throw Error("the loss is no longer a number at step " + std::to_string(step_ + 1) +
                " (learning rate " + std::to_string(rate) +
                "); lower train.learning_rate or set train.clip_norm");
  }
  optimiser_.update(network_.gradient(), rate);
  // Early on the average must not hang on to the weights it began with.
  const auto steps = static_cast<double>(step_);
  const double decay = std::min(settings_.ema, (1.0 + steps) / (10.0 + steps));
  update_average(average_, weights_, decay);
  ++step_;

  const auto clips = static_cast<std::int64_t>(batch.labels.size());
  clips_ += clips;
  correct_ += static_cast<std::int64_t>(outcome.correct);
  loss_sum_ += outcome.loss * static_cast<double>(clips);
  observer.on_step({.step = step_,
                    .steps = steps_,
                    .epoch = epoch + 1,
                    .epochs = settings_.epochs,
                    .clips = clips,
                    .learning_rate = rate,
                    .batch_loss = outcome.loss,
                    .epoch_loss = loss_sum_ / static_cast<double>(clips_),
                    .epoch_accuracy = static_cast<double>(correct_) / static_cast<double>(clips_)});
}

void Trainer::end_epoch(Observer& observer) {
  const auto epoch = step_ / steps_per_epoch_;
  EpochReport report{.epoch = epoch,
                     .epochs = settings_.epochs,
                     .step = step_,
                     .learning_rate = learning_rate(settings_.schedule, step_ - 1, steps_),
                     .loss = loss_sum_ / static_cast<double>(clips_),
                     .accuracy = static_cast<double>(correct_) / static_cast<double>(clips_)};
  loss_sum_ = 0.0;
  correct_ = clips_ = 0;
  const bool due = epoch % settings_.validate_every_epochs == 0 || epoch == settings_.epochs;
  if (due && !validation_.labels.empty()) {
    report.validation = validate();
    last_accuracy_ = report.validation->accuracy;
    report.best = last_accuracy_ > best_accuracy_;
    best_accuracy_ = std::max(best_accuracy_, last_accuracy_);
    if (report.best && settings_.keep == Keep::kBest) best_ = average_;
  }
  observer.on_epoch(report);
}

Validation Trainer::validate() {
  const auto labels = graph_.output_shape().elements();
  const auto elements = graph_.input_shape().elements();
  const auto batch = static_cast<std::size_t>(settings_.batch);
  const auto count = validation_.labels.size();
  Validation result;
  result.confusion.resize(labels * labels);
  for (std::size_t first = 0; first < count; first += batch) {
    const auto clips = std::min(batch, count - first);
    const auto own = validation_.labels.subspan(first, clips);
    const auto outcome =
        evaluation_.run(validation_.features.subspan(first * elements, clips * elements), own);
    result.loss += outcome.loss * static_cast<double>(clips) / static_cast<double>(count);
    for (std::size_t i = 0; i < clips; ++i) {
      const auto posteriors = evaluation_.posteriors(i);
      const auto logit = [&](std::size_t label) {
        return std::log(static_cast<double>(posteriors[label])) +
               (offsets_.empty() ? 0.0 : offsets_[label]);
      };
      std::size_t guess = 0;
      for (std::size_t label = 1; label < labels; ++label) {
        if (logit(label) > logit(guess)) guess = label;
      }
      ++result.confusion[own[i] * labels + guess];
    }
  }
  std::int64_t correct = 0;
  for (std::size_t label = 0; label < labels; ++label) {
    const auto* row = result.confusion.data() + label * labels;
    std::int64_t clips = 0;
    for (std::size_t guess = 0; guess < labels; ++guess) clips += row[guess];
    correct += row[label];
    result.recall.push_back(clips == 0
                                ? std::numeric_limits<double>::quiet_NaN()
                                : static_cast<double>(row[label]) / static_cast<double>(clips));
  }
  result.accuracy = static_cast<double>(correct) / static_cast<double>(count);
  return result;
}

Checkpoint Trainer::state() const {
  return {.step = step_,
          .loss_sum = loss_sum_,
          .correct = correct_,
          .clips = clips_,
          .last_accuracy = last_accuracy_,
          .best_accuracy = best_accuracy_,
          .weights = weights_,
          .average = average_,
          .best = best_,
          .optimiser = optimiser_.state()};
}

nn::Weights Trainer::result() const {
  auto weights = settings_.keep == Keep::kBest && !best_.empty() ? best_ : average_;
  if (!offsets_.empty()) shift_logits(graph_, offsets_, weights);
  return weights;
}

double Trainer::result_accuracy() const {
  return settings_.keep == Keep::kBest ? best_accuracy_ : last_accuracy_;
}

}  // namespace kws::train
