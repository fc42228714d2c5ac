"""What a run that predicts frames asks of its data."""

from seqseg.data.clips.next_frames import next_frames, require_length
from seqseg.errors import ConfigError
from seqseg.training.next_frames.sampling import make_sampling, with_given


def frame_batches(experiment, sets, batches, steps):
    """The batches of clips from a step on as (frames, next frames), how many frames are given, and how many always.

    Without a context every frame is given, unless a sampling leaves some to the network: then the first half is.

    Raises:
        ConfigError: a setting that does not go with predicting frames.
        DataError: a video that is shorter than a clip.
    """
    config, training = experiment.data, experiment.training
    if config.timesteps < 2:
        raise ConfigError(f"data.timesteps is {config.timesteps}; a next frame needs clips of at least 2")
    if training.carry_state:
        raise ConfigError("training.carry_state carries no memory of predicted frames yet; turn it off")
    for data in sets:
        require_length(data, config.timesteps)
    sampling = make_sampling(training.sampling, steps=training.epochs * steps)
    context = training.context
    if context is None and sampling is not None:
        context = config.timesteps // 2
    if context is not None and context >= config.timesteps:
        raise ConfigError(
            f"training.context is {context}, but clips have {config.timesteps} frames; "
            "give fewer, so that some are left to predict"
        )
    channels = experiment.model.options.get("channels", 3)

    def pairs(start):
        fed = next_frames(batches(start), channels=channels)
        if sampling is None:
            return fed
        return with_given(fed, sampling, start=start, context=context, seed=training.seed)

    return pairs, context, 1 if sampling is None else sampling.always(context)
