export const dynamic = "force-dynamic"; export default function P(){return <h1>next works</h1>}
