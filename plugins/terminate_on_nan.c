/* Ends training when the loss is no longer a finite number. A fit fails there
 * by itself, with a report; where it was told to go on (nan=go_on), this ends
 * it in good order. Source: Keras 2.3.1, keras.callbacks.TerminateOnNaN. */
#include <math.h>
#include <retort/plugin.h>

static int on_batch_end(const struct rt_host *h, struct rt_hook *at,
                        const void *args, void *state)
{
    double loss = h->metric(at, "loss");
    (void)args;
    (void)state;
    if (isfinite(loss))
        return RT_GO_ON;
    h->log(at, "loss is %g at epoch %lld, batch %lld, training ends", loss,
           (long long)h->epoch(at), (long long)h->batch(at));
    return RT_STOP;
}

RT_PLUGIN(terminate_on_nan) = {
    RT_PLUGIN_HEAD,
    .name = "terminate_on_nan",
    .help = "stop when the loss is NaN or infinite",
    .on_batch_end = on_batch_end,
};
